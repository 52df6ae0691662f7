__version__ = '2.8.0.dev20250606+cu128'
debug = False
cuda = '12.8'
git_version = '0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a'
