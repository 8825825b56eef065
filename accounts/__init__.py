"""Who somebody is: users, sessions, credentials, grants."""
