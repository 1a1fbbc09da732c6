"""What happens here is announced to those who listen, over HTTP, as unreliably as one likes."""
