"""What the model server says of a version's number: whether it may be given to another version's files.

A server takes a version that is taken away and put back between two of its looks for the same one, and goes
on with what it has loaded.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request

# TF Serving looks at its base path once a second; loading the version before may take minutes.
_FREE_SECONDS = 60
_ANSWER_SECONDS = 5
_POLL_SECONDS = 0.25


class ModelStatus:
    """url: http://host:port/v1/models/NAME, or empty where no server is to be asked."""

    def __init__(self, url):
        self._url = url
        # A proxy of the environment has no part between two programs of one instance.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def wait_until_free(self, version):
        """Whether no server holds a version of this number any more; False if that takes too long."""
        end = time.monotonic() + _FREE_SECONDS
        while self._holds(version):
            if time.monotonic() >= end:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _holds(self, version):
        if not self._url:
            return False
        try:
            with self._open(self._url, timeout=_ANSWER_SECONDS) as answer:
                entries = json.load(answer)["model_version_status"]
            return any(entry["version"] == str(int(version)) and entry["state"] != "END" for entry in entries)
        except urllib.error.HTTPError:
            return False  # it serves, but no version of this model
        except urllib.error.URLError as error:
            # Nobody listens, as in the boot: whoever starts later reads what is there then.
            return not isinstance(error.reason, ConnectionRefusedError)
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return True  # it is there, and too busy to say
