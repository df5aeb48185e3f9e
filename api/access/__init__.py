"""Who is asking, and whether they may: tokens, tickets, accounts, the permissions of addresses."""
