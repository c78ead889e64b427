"""What a person brings along for the film to follow: pictures by frame, and videos."""
