"""What a request may say: parameters, formats, pages, and how much of it."""
