"""Every call as a generator: it yields what is to be done and is sent what came of it. No input or output, no clock, no thread."""
