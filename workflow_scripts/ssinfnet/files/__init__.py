"""Safe reading and writing of any format; what comes from outside is looked at before a parser gets it."""
