"""Who is asking, and whether they may: tokens, tickets, accounts, the guards of addresses."""
