"""Lets tests in this folder's folders import `support`: pytest puts the folder of a conftest on the path."""
