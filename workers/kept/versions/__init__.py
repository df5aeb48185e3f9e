"""The revisions of schema `kept`, the oldest first: each but the last was released."""
