"""SSM: command documents with versions, parameters.

moto gives an unnamed document a new name on every update, knows no `UpdateMethod`, and stores whatever it
is given as content. CloudFormation replaces a document unless `UpdateMethod` is NewVersion, whose new
version becomes the default one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-document.html
"""

from __future__ import annotations

import json
from typing import ClassVar

from .thin import ThinModel


class Document(ThinModel):
    resource_type = "AWS::SSM::Document"
    name_property = "Name"
    known = ""
    tags: ClassVar[list[dict[str, str]]] = []

    def put(self) -> None:
        name, content = self.physical_resource_id, self.properties["Content"]
        # In the service's bytes, which it counts.
        text = (
            content
            if isinstance(content, str)
            else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        )
        if not self.known:
            rest = self.but("Name", "Content", "UpdateMethod")
            self.call("ssm", "CreateDocument", Name=name, Content=text, **rest)
        elif text != self.known:
            updated = self.call(
                "ssm",
                "UpdateDocument",
                Name=name,
                Content=text,
                DocumentVersion="$LATEST",
                DocumentFormat=self.properties.get("DocumentFormat"),
            )
            version = updated["DocumentDescription"]["DocumentVersion"]
            self.call("ssm", "UpdateDocumentDefaultVersion", Name=name, DocumentVersion=version)
        if self.known:
            self._tag()
        self.known, self.tags = text, self.properties.get("Tags", [])

    def _tag(self) -> None:
        """Tags change in place; CreateDocument takes them along."""
        tags, resource = self.properties.get("Tags", []), self.physical_resource_id
        if tags == self.tags:
            return
        common = {"ResourceType": "Document", "ResourceId": resource}
        gone = {tag["Key"] for tag in self.tags} - {tag["Key"] for tag in tags}
        if gone:
            self.call("ssm", "RemoveTagsFromResource", **common, TagKeys=sorted(gone))
        if tags:
            self.call("ssm", "AddTagsToResource", **common, Tags=tags)

    def remove(self) -> None:
        self.call("ssm", "DeleteDocument", Name=self.physical_resource_id)


class Parameter(ThinModel):
    resource_type = "AWS::SSM::Parameter"
    name_property = "Name"
    made = False

    def put(self) -> None:
        # The API takes no tags together with Overwrite.
        tags = None if self.made else self._tags()
        rest = self.but("Name", "Tags")
        self.call(
            "ssm", "PutParameter", Name=self.physical_resource_id, Overwrite=self.made, Tags=tags, **rest
        )
        self.made = True

    def _tags(self) -> list[dict[str, str]] | None:
        tags = self.properties.get("Tags")
        return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None

    def remove(self) -> None:
        self.call("ssm", "DeleteParameter", Name=self.physical_resource_id)

    def get_cfn_attribute(self, name: str) -> str:
        return {"Type": self.properties["Type"], "Value": self.properties["Value"]}[name]
