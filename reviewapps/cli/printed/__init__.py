"""What commands print, as text with styles. Nothing here asks anybody anything."""
