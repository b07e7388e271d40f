"""A controller as one ONNX graph: its own code, run once on arrays that write down what they do."""
