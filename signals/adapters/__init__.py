"""Sources of what an I-Score needs besides prices. They speak to the outside and know no ORM."""
