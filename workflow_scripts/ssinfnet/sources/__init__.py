"""From downloads, folders and the phantom to slice stores."""
