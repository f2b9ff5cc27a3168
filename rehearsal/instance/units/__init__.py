"""What the rehearsed instance knows of systemd: unit files, their command lines, services and timers."""
