"""What recordings say; analysis reads only Recordings."""
