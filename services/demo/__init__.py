"""What a researcher and an astronomer do in the demonstration: deposit over REST, publish, find the data by TAP."""
