"""The toolbox: httpbin's endpoints, safe where httpbin is not (docs/toolbox.md)."""
