/// HTTP as a door of a context.
package enum HTTPDoor {
    /// Listens, and serves `routes`; a stop of the context closes it.
    ///
    /// - Parameters:
    ///   - administrator: who the admin key stands for.
    ///   - certificates: of this door, where it has one, and of those beside it, for their time in metrics.
    /// - Throws: `ListenerError` when the address cannot be listened on.
    package static func open(
        _ context: DoorContext, _ settings: Listener.Settings, connections limits: ConnectionTable.Limits = .init(),
        administrator: String = "admin", certificates: [any DoorCertificate] = [], routes: [Route]
    ) throws -> (service: Service, listener: Listener) {
        let connections = ConnectionTable(limits)
        let service = try Service(context, administrator: administrator, certificates: certificates, connections: connections, routes: routes)
        let listener = try Listener(settings, handler: service, connections: connections, timers: context.life.timers)
        context.life.add(listener)
        return (service, listener)
    }

    /// As `open`, behind a door that is there already, and whose connections these are.
    package static func open(
        _ context: DoorContext, behind door: any Door, connections: ConnectionTable, administrator: String = "admin", certificates: [any DoorCertificate] = [], routes: [Route]
    ) throws -> Service {
        let service = try Service(context, administrator: administrator, certificates: certificates, connections: connections, routes: routes)
        context.life.add(door)
        return service
    }
}
