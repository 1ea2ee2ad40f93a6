"""What documentalists do with whole catalogues: take them in from a directory, without the web form."""
