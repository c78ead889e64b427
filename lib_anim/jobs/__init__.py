"""Jobs: requests for films, run one after another. Settings are known here; pages and forms are not."""
