"""Laws that hold on every route."""
