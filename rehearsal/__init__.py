"""The rehearsal: the real template, deployed to an embedded AWS, and booted on this machine."""
