"""Views: pages made from rows, and files for other programs. One file a view here; what they share in the rooms."""
