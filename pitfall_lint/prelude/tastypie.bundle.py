"""What Tastypie hands from step to step.

https://django-tastypie.readthedocs.io/en/latest/bundles.html
"""


class Bundle:
    obj = None
    data = {}
