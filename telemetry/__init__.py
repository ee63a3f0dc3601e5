"""The shared words: quantities, kinds, topics, decoders, samples, readings. No I/O, no clock."""
