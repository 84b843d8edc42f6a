"""One user action a function: the only room that opens transactions and asks the database."""
