// Server: the doors of the engine. HTTP, PostgreSQL's protocol, the Iceberg catalog, the console and the command line, and what they share.
//
// The way of a request: HTTP/Transport (the listener, a connection's exchange) ► HTTP/Middleware (who, what, how much at once) ► Routes (a call, with the roles
// of the store that it uses) ► Ingest. A question goes by Queries from every door; what each door says of a fault is made at its edge.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   System, Observability, Configuration, Work: time, files, digests, keys; log, figures, traces; settings; pools, what requests may hold, deadlines, jobs
//   Access/Tokens, Access, Queries, Doors: callers, and what they may call; queries in SQL, and the table of their formats (Queries/SQLForm.swift); what every door shares: one admission, one query service, one start, drain and stop
//   Postgres/{Wire, Values, Session}: PostgreSQL's protocol without a socket: bytes to messages and back, values in both forms, what a session answers
//   HTTP/{Heads, Coding, Transport}: heads, targets, media types; bodies, problems; the listener, connections, exchanges
//   Postgres/{Catalogs, Answers, Connections}: pg_catalog in the planner; questions to rows on its wire; the socket, TLS, who is there, a session on its thread
//   HTTP/Middleware: the router of the table, and the steps before a route: admission, dispatch, coding, audit; `Service` puts them together
//   Replication/{Links, Disk, Places}, Replication: how members of a cluster reach each other, and prove who they are; a member's records and checkpoint; the object that says who leads, and slots; a member: its thread and its store
//   Routes/{Answers/Operating, Answers/Messages, Answers/Documents, Answers}, Exports, Contents, Executions: bodies; answers that leave as files; the store as tables of SQL; who carries out tasks of executions, a file and a line of Executions/TaskExecutors.swift each
//   Routes/{Processes, Operating, Messages, Administration}, Routes, Iceberg, Console: the calls of the API, and its description; the REST catalog of the warehouse; the web application
//   Commands, Commands/Client, Replication/Passing, Commands/{Prompt, Store, Serving, Administration, Import, Statements, SQL, Help}: what a member passes on while another leads; the words of the command line; doors and the engine open in Serving/ServeCommand.swift, storages in Store/WarehouseOpening.swift
