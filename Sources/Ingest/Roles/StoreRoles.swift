/// One object that has every role: `Engine`, or a test's stand-in.
package typealias WholeStore = AuditRecording & Callbacks & ChangeFeed & ContractAdministration & CredentialLookup & CursorSealing & DeadLetterReview
    & DocumentIntake & ExportKeeping & FigureKeeping & KeyAdministration & LinkSigning & MessageHolding & ProcessHolding & QueryStore & RefusedDocuments & RollupAdministration
    & RowReading & SessionKeeping & StoreInventory & StoreLife & StoreMaintenance & TypeAdministration & UploadHolding & UsageKeeping & VersionKeeping & ViewAdministration

/// The roles of a store, side by side. Only the code that opens doors has all of them; a door, a call or a timer is given those that it uses, so that what it
/// can do to the store stands in its declaration.
package struct StoreRoles: Sendable {
    package let intake: any DocumentIntake
    package let rows: any RowReading
    package let versions: any VersionKeeping
    package let changes: any ChangeFeed
    package let queries: any QueryStore
    package let cursors: any CursorSealing
    package let refused: any RefusedDocuments
    package let callbacks: any Callbacks
    package let deadLetters: any DeadLetterReview
    package let types: any TypeAdministration
    package let rollups: any RollupAdministration
    package let contracts: any ContractAdministration
    package let keys: any KeyAdministration
    package let credentials: any CredentialLookup
    package let sessions: any SessionKeeping
    package let audit: any AuditRecording
    package let figures: any FigureKeeping
    package let usage: any UsageKeeping
    package let exports: any ExportKeeping
    package let links: any LinkSigning
    package let queues: any QueueKeeping
    package let uploads: any UploadKeeping
    package let processes: any ProcessKeeping
    package let topics: any TopicKeeping
    package let maintenance: any StoreMaintenance
    package let life: any StoreLife
    package let inventory: any StoreInventory
    package let views: any ViewAdministration

    package init(_ store: some WholeStore) {
        (intake, rows, changes, queries, cursors) = (store, store, store, store, store)
        (refused, callbacks, deadLetters) = (store, store, store)
        (types, contracts, keys, credentials, sessions) = (store, store, store, store, store)
        (versions, rollups, inventory, views) = (store, store, store, store)
        (audit, figures, maintenance, life) = (store, store, store, store)
        (usage, exports, links) = (store, store, store)
        (queues, topics) = (store.queues, store.topics)
        uploads = store.uploadKeeping
        processes = store.executions
    }
}
