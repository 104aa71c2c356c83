"""What is wrong with an input: annotations, images and how they belong together."""
