"""The shared words: quantities, kinds, topics, decoders, samples and readings. No clock, no I/O."""
