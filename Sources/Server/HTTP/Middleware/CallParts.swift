internal import ColumnStore
package import Ingest

/// What calls can be given. A route says which of these it uses, once, when the server starts; its handler is handed that and nothing else, so
/// that what a call can do to the store stands in its declaration.
package struct CallParts: Sendable {
    package let store: StoreRoles
    package let queries: QueryService
    package let jobs: JobTable
    package let exports: ExportQueue
    /// What of `DoorContext.limits` calls ask for.
    package let uploadByteCountMax: Int
    package let log: Log
    let authorizer: Authorizer
    /// Whether browsers are to send cookies over TLS only.
    let isSecure: Bool
    let levels: ServiceLevels
    let clientLevels: ClientLevels
    let growth: CountGrowth
    let figures: ServerFigures
    let background: BackgroundWork
    let warehouse: WarehouseReading
    /// Where clients of PostgreSQL come in; nil: nowhere.
    let postgres: PostgresAddress?
    /// nil: the server is alone.
    let cluster: (any PairControl)?
}
