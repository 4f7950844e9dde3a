"""What commands share: parser, options, their way of failing. Only scripts import it."""
