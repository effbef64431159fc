"""Articles with plain Flask-RESTful and SQLAlchemy's ORM, as their documentation shows; the "twin" of Touchstone.

It works on a file of Touchstone's, so tables, indexes and rows are the same.
"""

import os
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, request
from flask_restful import Api, Resource, abort, fields, marshal_with, reqparse
from sqlalchemy import JSON, create_engine, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine(os.environ["DATABASE_URL"])


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Table(DeclarativeBase):
    pass


class Article(Table):
    __tablename__ = "articles"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(JSON)
    status: Mapped[str]
    author_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[str] = mapped_column(default=now)
    updated_at: Mapped[str] = mapped_column(default=now, onupdate=now)


class Upload(Table):
    __tablename__ = "uploads"
    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


Table.metadata.create_all(engine)
app = Flask(__name__)
api = Api(app)

article_fields = {
    "id": fields.Integer,
    "title": fields.String,
    "body": fields.String,
    "tags": fields.List(fields.String),
    "status": fields.String,
    "author_id": fields.Integer(default=None),
    "version": fields.Integer,
    "created_at": fields.String,
    "updated_at": fields.String,
}
draft = reqparse.RequestParser()
draft.add_argument("title", required=True, location="json")
draft.add_argument("body", required=True, location="json")
draft.add_argument("tags", action="append", default=[], location="json")
draft.add_argument("status", choices=("draft", "published"), default="published", location="json")

listing = reqparse.RequestParser()
listing.add_argument("page", type=int, default=1, location="args")
listing.add_argument("limit", type=int, default=20, location="args")
listing.add_argument("title", location="args")
listing.add_argument("q", location="args")


class Articles(Resource):
    @marshal_with(article_fields)
    def get(self) -> Any:
        asked = listing.parse_args()
        query = select(Article)
        if asked["title"] is not None:
            query = query.where(Article.title == asked["title"])
        if asked["q"] is not None:
            query = query.where(or_(Article.title.contains(asked["q"]), Article.body.contains(asked["q"])))
        query = query.order_by(Article.id.desc()).offset((asked["page"] - 1) * asked["limit"]).limit(asked["limit"])
        with Session(engine) as session:
            return session.scalars(query).all()

    @marshal_with(article_fields)
    def post(self) -> Any:
        sent = draft.parse_args()
        with Session(engine, expire_on_commit=False) as session:
            article = Article(**sent)
            session.add(article)
            session.commit()
            return article, 201


class ArticleItem(Resource):
    @marshal_with(article_fields)
    def get(self, article_id: int) -> Any:
        with Session(engine) as session:
            return session.get(Article, article_id) or abort(404)

    @marshal_with(article_fields)
    def put(self, article_id: int) -> Any:
        sent = draft.parse_args()
        with Session(engine, expire_on_commit=False) as session:
            article = session.get(Article, article_id) or abort(404)
            for name, value in sent.items():
                setattr(article, name, value)
            article.version += 1
            session.commit()
            return article


class Uploads(Resource):
    def post(self) -> Any:
        with Session(engine) as session:
            upload = Upload(content=request.get_data())
            session.add(upload)
            session.commit()
            return None, 201, {"Location": f"/messages/{upload.id}"}


class UploadItem(Resource):
    def get(self, upload_id: int) -> Response:
        with Session(engine) as session:
            upload = session.get(Upload, upload_id) or abort(404)
            return Response(upload.content, mimetype="application/octet-stream")


api.add_resource(Articles, "/articles")
api.add_resource(ArticleItem, "/articles/<int:article_id>")
api.add_resource(Uploads, "/messages")
api.add_resource(UploadItem, "/messages/<int:upload_id>")
