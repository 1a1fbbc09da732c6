FROM python:3.13-slim
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY reviewapps reviewapps
COPY workers workers
RUN useradd --system --create-home reviewapps && install -d -o reviewapps /var/lib/reviewapps
USER reviewapps
CMD ["python", "-m", "reviewapps", "run"]
