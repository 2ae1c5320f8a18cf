// Server: the doors of the engine. HTTP, PostgreSQL's protocol, the Iceberg catalog, the console and the command line, and what they share.
//
// The way of a request: HTTP/Transport (the listener, a connection's exchange) ► HTTP/Middleware (who, what, how much at once) ► Routes (a call, with the roles
// of the store that it uses) ► Ingest. A question goes by Queries from every door; what each door says of a fault is made at its edge.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   System: time, files, digests, keys, and small values from outside
//   Observability, Configuration: log, figures and traces; what a start is told
//   Work: pools, what requests may hold, deadlines, jobs
//   Access/Tokens, Access: who asks, and what they may call
//   Queries: questions in SQL, for every door and the command line
//   Doors: what every door shares: one admission, one query service, one start, drain and stop
//   Postgres/{Wire, Values, Session}: PostgreSQL's protocol without a socket: bytes to messages and back, values in both forms, what a session answers
//   HTTP/{Coding, Transport}: heads, targets, media types, bodies, problems; the listener, connections, exchanges
//   Postgres/{Catalogs, Answers, Connections}: pg_catalog in the planner; questions to rows on its wire; the socket, TLS, who is there, a session on its thread
//   HTTP/Middleware: the router of the table, and the steps before a route: admission, dispatch, coding, audit; `Service` puts them together
//   Replication/Links: how members of a cluster reach each other, and prove who they are
//   Replication: a member of a cluster: its disk, the object that says who leads, and its thread
//   Routes/{Answers/Operating, Answers/Messages, Answers}, Exports: bodies; answers that leave as files
//   Contents: what the store knows of itself, as tables of SQL
//   Executions: who carries out the tasks of executions
//   Routes/Processes: state machines, their executions and tasks
//   Routes/Operating: the calls of those who look after the store: sessions, an overview, lists, lots
//   Routes/Messages: queues and their messages, topics and their events
//   Routes: the other calls of the API, and the description made of all
//   Iceberg: the REST catalog of the warehouse, for engines outside
//   Console: the web application, served beside the API
//   Commands, Commands/Client: what commands have in common, and a client of HTTP
//   Replication/Passing: what a member answers while another leads: what comes is passed on
//   Commands/Prompt: lines, words and statements as the prompt of `till sql` takes them, and where its answers go
//   Commands/{Store, Serving, Administration, Import, SQL, Help}: the words of the command line, and what is made of the table of all
