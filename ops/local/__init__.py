"""The stack on one machine: embedded servers, their programs, and who starts them again."""
