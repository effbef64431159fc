"""Articles with FastAPI and SQLModel, as their documentation shows: a session for each request.

It works on a file of Touchstone's, so tables, indexes and rows are the same.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException, Response
from sqlmodel import JSON, Field, Session, SQLModel, col, create_engine, or_, select

engine = create_engine(os.environ["DATABASE_URL"], connect_args={"check_same_thread": False})


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ArticleIn(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(max_length=100_000)
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    status: str = "published"


class Article(ArticleIn, table=True):
    __tablename__ = "articles"
    id: int | None = Field(default=None, primary_key=True)
    author_id: int | None = None
    version: int = 1
    created_at: str = Field(default_factory=now)
    updated_at: str = Field(default_factory=now)


class ArticleOut(ArticleIn):
    id: int
    author_id: int | None
    version: int
    created_at: str
    updated_at: str


class Upload(SQLModel, table=True):
    __tablename__ = "uploads"
    id: int | None = Field(default=None, primary_key=True)
    content: bytes


SQLModel.metadata.create_all(engine)
app = FastAPI()


@app.get("/articles", response_model=list[ArticleOut])
def read_articles(session: SessionDep, page: int = 1, limit: int = 20, title: str | None = None, q: str | None = None):  # noqa: ANN201 – FastAPI's documentation leaves it to response_model
    query = select(Article)
    if title is not None:
        query = query.where(Article.title == title)
    if q is not None:
        query = query.where(or_(col(Article.title).contains(q), col(Article.body).contains(q)))
    return session.exec(query.order_by(col(Article.id).desc()).offset((page - 1) * limit).limit(limit)).all()


@app.post("/articles", response_model=ArticleOut, status_code=201)
def create_article(sent: ArticleIn, session: SessionDep):  # noqa: ANN201 – as above
    article = Article.model_validate(sent)
    session.add(article)
    session.commit()
    session.refresh(article)
    return article


@app.get("/articles/{article_id}", response_model=ArticleOut)
def read_article(article_id: int, session: SessionDep):  # noqa: ANN201 – as above
    article = session.get(Article, article_id)
    if not article:
        raise HTTPException(404, "Article not found")
    return article


@app.put("/articles/{article_id}", response_model=ArticleOut)
def update_article(article_id: int, sent: ArticleIn, session: SessionDep):  # noqa: ANN201 – as above
    article = session.get(Article, article_id)
    if not article:
        raise HTTPException(404, "Article not found")
    article.sqlmodel_update(sent.model_dump())
    article.version += 1
    article.updated_at = now()
    session.add(article)
    session.commit()
    session.refresh(article)
    return article


@app.post("/messages", status_code=201)
def create_upload(
    content: Annotated[bytes, Body(media_type="application/octet-stream")], session: SessionDep, response: Response
) -> None:
    upload = Upload(content=content)
    session.add(upload)
    session.commit()
    response.headers["Location"] = f"/messages/{upload.id}"


@app.get("/messages/{upload_id}")
def read_upload(upload_id: int, session: SessionDep) -> Response:
    upload = session.get(Upload, upload_id)
    if not upload:
        raise HTTPException(404, "Message not found")
    return Response(upload.content, media_type="application/octet-stream")
