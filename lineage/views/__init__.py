"""Views: pages made from rows. One neutral picture, and thin writers."""
