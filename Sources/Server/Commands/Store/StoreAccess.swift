internal import ColumnStore
import Glibc
internal import Ingest
internal import Query

/// How a command reaches a store: through the server that `--url` names or that holds the directory; else it serves the directory to
/// itself for as long as it runs, and beside others who do so where it only reads. Either way there is one path to everything, the API.
final class StoreAccess {
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "The store's directory; if a server holds it, the command goes through that server."),
        CommandSettings.option,
        .init("url", "URL", "A server's address; the key comes from TILL_KEY."),
        .init("ca", "FILE", "With an https URL: the authorities to trust (PEM), instead of the system's."),
        .init("insecure", nil, "With an https URL: takes any certificate. Whoever is on the way can read and change everything, the key too."),
    ]

    let client: APIClient
    /// The directory, when the command was given one.
    let directory: String?
    /// What this process itself has open.
    private enum Held {
        case whole(Engine)
        /// Together with others who read.
        case still(RestingStore)
    }
    private let local: (context: DoorContext, held: Held)?

    /// Whether this process holds the directory itself.
    var isLocal: Bool { local != nil }

    /// The engine, where no server stands between: for what no call of the API does.
    var engine: Engine? {
        guard case .whole(let engine)? = local?.held else { return nil }
        return engine
    }

    /// - Parameters:
    ///   - mayCreate: an empty directory becomes a store. One that is not there never does: it may be mistyped.
    ///   - isReading: it makes no call but those that a store at rest answers (`StoreRoles.init(of:)`).
    init(_ arguments: Arguments, mayCreate: Bool = false, isReading: Bool = false) throws {
        let data = try arguments.one("data")
        let url = try arguments.one("url")
        switch (data, url) {
        case (nil, nil): throw UsageError("--data or --url is wanted")
        case (_?, _?): throw UsageError("--data and --url exclude each other")
        case (nil, let url?):
            guard let key = Environment["TILL_KEY"] else { throw CommandError("TILL_KEY must hold the key for \(url)") }
            client = try APIClient(url: url, key: key, trust: try Self.trust(arguments, url: url))
            (directory, local) = (nil, nil)
        case (let data?, nil):
            for option in ["ca", "insecure"] where arguments.has(option) { throw UsageError("--\(option) is for an https --url") }
            directory = data
            // Who wrote the address into the store's directory may do anything anyway, and a server's certificate is seldom for loopback.
            if let url = EngineOpening.serverURL(of: data) {
                client = try APIClient(url: url, key: try Self.key(of: data), trust: .anyone)
                local = nil
            } else {
                let settings = try CommandSettings.read(arguments)
                (client, local) = try isReading ? Self.read(data, settings) : Self.serve(data, settings, mayCreate ? .inEmpty : .never)
            }
        }
    }

    static func trust(_ arguments: Arguments, url: String) throws -> TLSConnection.Trust {
        let file = try arguments.one("ca")
        guard file != nil || arguments.has("insecure") else { return .system }
        if ServerURL(url)?.isTLS == false { throw UsageError("--ca and --insecure are for an https --url") }
        guard let file else { return .anyone }
        if arguments.has("insecure") { throw UsageError("--ca and --insecure exclude each other") }
        return .authorities(file: file)
    }

    private static func key(of directory: String) throws -> String {
        if let key = Environment["TILL_KEY"] { return key }
        guard let key = try AdminKey.read(in: directory) else {
            throw CommandError("\(AdminKey.path(in: directory)) is not there, and TILL_KEY is not set")
        }
        return key
    }

    private static func serve(
        _ directory: String, _ settings: Settings, _ making: DataDirectory.Making
    ) throws -> (APIClient, (context: DoorContext, held: Held)) {
        let log = Log(format: .text, level: .warning)
        // Who can write the directory is the administrator, and needs no contract to add to it.
        let queries = QueryEngine.make(settings)
        let engine = try EngineOpening.open(directory: directory, settings: settings, clientsNeedContract: false, making: making, queries: queries, log: log)
        let (client, context, url) = try open(StoreRoles(engine), queries, settings, log)
        UploadBody.beginUploads(context, url: url)
        return (client, (context, .whole(engine)))
    }

    private static func read(_ directory: String, _ settings: Settings) throws -> (APIClient, (context: DoorContext, held: Held)) {
        let log = Log(format: .text, level: .warning)
        let store = try EngineOpening.read(directory: directory, settings: settings, log: log)
        let (client, context, _) = try open(StoreRoles(of: store), QueryEngine.make(settings), settings, log)
        return (client, (context, .still(store)))
    }

    /// A door of this process' own, on an address that no other machine reaches.
    private static func open(_ roles: StoreRoles, _ queries: QueryEngine, _ settings: Settings, _ log: Log) throws -> (APIClient, DoorContext, url: String) {
        // Known to this process alone, and gone with it.
        let key = try APIKey.make().text
        let context = DoorContext(store: roles, queries: queries, further: StoreSchema(), adminKey: key, limits: DoorLimits(settings), log: log, timers: Timers())
        let (_, listener) = try HTTPDoor.open(
            context, .init(host: "127.0.0.1", port: 0, threadCount: 2), administrator: "directory, uid \(getuid())", routes: APIRoutes.all)
        let url = "http://127.0.0.1:\(listener.port)"
        ExportMaker.begin(context, url: url)
        return (try APIClient(url: url, key: key), context, url)
    }

    /// A second connection to the same place, for work side by side.
    func anotherClient() throws -> APIClient { try APIClient(like: client) }

    /// Closes what the command opened.
    func close() throws {
        guard let local else { return }
        _ = local.context.stop()
        switch local.held {
        case .whole(let engine): try engine.close()
        case .still(let store): store.close()
        }
    }
}
