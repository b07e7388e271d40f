"""What Lighthouse says of how quickly the page comes, on this machine as it is."""
