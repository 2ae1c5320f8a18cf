"""The benchmark of Till against its promises and its peers: see script/bench --help."""
