"""`run.py routes`: lists the routes of the server."""

import click


@click.command()
def routes() -> None:
    """List every route: method, path, summary.

    Example: python run.py routes
    """
    from api.app import find_resources

    for resource in sorted(find_resources(), key=lambda each: each.paths[0]):
        for path in resource.paths:
            for verb in resource.allowed:
                method = getattr(resource, verb.lower(), None)
                if verb not in ("HEAD", "OPTIONS") and method:
                    click.echo(f"{verb:7} {path:32} {(method.__doc__ or '').partition(chr(10))[0]}")
