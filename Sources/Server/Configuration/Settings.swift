package import ColumnStore

/// Everything that `till.json`, the environment and the command line can set, with its defaults.
package struct Settings: Sendable, Equatable {
    package struct Limits: Sendable, Equatable {
        /// In bytes.
        package var document = 1 << 20
        package var body = 64 << 20
        /// In seconds.
        package var queryTime = 60.0
        package var streamTime = 3_600.0
        package var queryMemory = 256 << 20
        package var queries = 8
        /// Free bytes on the disk below which nothing more is taken.
        package var minFree = 1 << 30
        package var connections = 8_192
        /// From one address, or one network of 64 bits of IPv6.
        package var connectionsPerAddress = 4_096
        /// Of an upload's file, as it is sent and decoded, in bytes.
        package var upload = 5 << 30
        /// Of all files of exports together, in bytes.
        package var exportsBytes = 50 << 30
        /// What the history of one execution may come to, in bytes.
        package var executionHistory = 16 << 30
        /// What requests and answers may hold, in bytes.
        package var requestMemory = 384 << 20
        /// Of a rollup, of one cold file: beyond it the file's rows are read.
        package var rollupRows = 1_000_000
        /// A query that looked at so many rows, and that no rollup answers, is kept for advice; 0: none is.
        package var statementRows = 100_000
    }

    package struct Registrar: Sendable, Equatable {
        package var url = ""
        package var secret = ""
        /// The secret before this one, valid beside it until `previousSecretUntil`, or as long as it stands here.
        package var previousSecret: String?
        /// Microseconds since 1970.
        package var previousSecretUntil: Int64?
        package var statusURL: String?
        package var lock = 300.0
        package var maxAttempts = 10
        package var backoffMin = 1.0
        package var backoffMax = 900.0
        package var expires = 14 * 86_400.0
        /// Nothing goes by it: a callback that comes again is known as long as its ticket is there. It is read for the files that have it.
        package var duplicateWindow = 86_400.0
        package var concurrency = 64
    }

    package struct JWT: Sendable, Equatable {
        package var issuer: String?
        package var audience: String?
        package var jwks: String?
        package var claim = "client_id"
    }

    /// Where cold tables lie.
    package struct Storage: Sendable, Equatable {
        /// `s3://bucket/prefix`; nil: in DATA.
        package var url: String?
        /// What the kinds of storage read: endpoint, region, keys.
        package var own = StorageSettings()
        /// nil: `cache` in DATA.
        package var cachePath: String?
        package var cacheByteCount = 50 << 30
        /// Where the bucket is to put objects that have lain there for some time; nil: nowhere.
        package var objectClass: ObjectClass?
        /// Whose keys readers of the REST catalog are lent; nil: none.
        package var lentRole: String?
    }

    /// A class of storage that costs less to lie in, and more to read.
    package struct ObjectClass: Sendable, Equatable {
        package var name: String
        package var afterDays: Int
    }

    /// The door for PostgreSQL's clients.
    package struct Postgres: Sendable, Equatable {
        /// Nil: there is none.
        package var host: String?
        package var port: UInt16 = 5432
        package var tlsCertificate: String?
        package var tlsKey: String?
    }

    /// Two machines that keep one store.
    package struct Pair: Sendable, Equatable {
        /// nil: there is no cluster.
        package var node: String?
        package var peer: Peer?
        /// Where the peer's messages come.
        package var host = ""
        package var port: UInt16 = 0
        /// Where the object lies that says who leads: `s3://bucket/key` or `file:///directory`.
        package var objectURL: String?
        /// Or who holds it.
        package var witness: String?
        /// Without the other: go on alone, and say so.
        package var degrades = false
        /// Of records that a machine keeps at least, for the other to go on with.
        package var recordsByteCount = 1 << 30
        /// PEM: what this machine shows to the other, and who must have signed what the other shows.
        package var tlsCertificate: String?
        package var tlsKey: String?
        package var tlsAuthority: String?

        package struct Peer: Sendable, Equatable {
            package var name: String
            package var host: String
            package var port: UInt16
        }

        var isSet: Bool { self != Pair() }
    }

    package var pair = Pair()
    package var host = "127.0.0.1"
    package var port: UInt16 = 8080
    package var publicURL: String?
    package var tlsCertificate: String?
    package var tlsKey: String?
    package var hotDays = 30
    /// Durations are in seconds, sizes in bytes.
    package var compactInterval = 300.0
    package var snapshotKeep = 7 * 86_400.0
    package var memoryBudget = 768 << 20
    package var limits = Limits()
    package var quarantineDays = 30
    /// How long files of uploads stay, and how long an upload can be taken back.
    package var uploadDays = 7
    package var uploadRevertDays = 7
    /// How long executions of state machines stay after their end, before they are rows of the table `executions`.
    package var executionDays = 90
    package var quarantineByteCountMax = 1 << 30
    package var registrars: [String: Registrar] = [:]
    package var outgoingAllow: [String] = []
    package var jwt = JWT()
    package var storage = Storage()
    /// Where files of exports go once they are done: `s3://bucket/prefix` or `file:///directory`; nil: they stay in DATA.
    package var exportsURL: String?
    package var postgres = Postgres()
    package var logFormat = Log.Format.json
    package var logLevel = Log.Level.info
    /// Where every commit goes too: `s3://bucket/prefix` or `file:///directory`; nil: nowhere.
    package var logURL: String?
    /// Of the bucket in `logURL`; nil: `storage.region`. A log that is to outlive a region lies in another one.
    package var logRegion: String?
    package var logAcknowledgement = LogAcknowledgement.afterCommit
    package var logSegment = 5.0

    /// What an answer waits for.
    package enum LogAcknowledgement: String, Sendable, CaseIterable {
        /// The commit on this machine alone; the log follows within seconds.
        case afterCommit = "async"
        /// The commit's record in the log.
        case afterLog = "sync"
    }

    package init() {}
}
