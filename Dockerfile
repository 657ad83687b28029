# A static binary in an image that holds nothing else.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/policykb ./cmd/policykb && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/policykb /policykb
COPY --from=build --chown=nonroot:nonroot /out/data /data
VOLUME /data
EXPOSE 8080
ENV POLICYKB_DATA=/data
ENTRYPOINT ["/policykb"]
CMD ["serve"]
