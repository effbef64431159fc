"""The toolbox: httpbin's endpoints, safe where httpbin is not (docs/toolbox.md).

curl -i http://127.0.0.1:8000/httpbin/get
"""
