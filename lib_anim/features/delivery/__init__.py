"""Features on the way from painted pictures to the finished film."""
