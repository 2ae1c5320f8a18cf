extension PostgresDoor {
    /// Opens the door as the settings want it; none where they name no address for it.
    ///
    /// - Throws: `ListenerError` when the address cannot be listened on.
    static func open(_ context: DoorContext, told settings: Server.Settings, adminKey: String, certificates: PostgresCertificates?) throws {
        guard let host = settings.postgres.host else { return }
        let limits = settings.limits
        let own = Settings(host: host, port: settings.postgres.port, connections: limits.connections, connectionsPerAddress: limits.connectionsPerAddress)
        let door = try open(context, own, adminKey: adminKey, certificates: certificates)
        context.log.info("listening for PostgreSQL clients", ["postgres": .text("\(host):\(door.port)"), "tls": .flag(certificates != nil)])
    }
}
