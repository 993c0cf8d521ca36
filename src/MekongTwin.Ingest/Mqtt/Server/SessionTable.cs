namespace MekongTwin.Ingest.Mqtt;

/// <summary>Whose session: two users with the same client identifier have two, so that nobody is given another's.</summary>
internal readonly record struct SessionKey(string User, string ClientId);

/// <summary>
/// Sessions by user and client identifier. A connection owns a session from its claim and holds it, that is uses it, from
/// CONNACK on; only a holder's end changes what is kept, so a claimant that never gets that far leaves no trace.
/// Thread-safe.
/// </summary>
internal sealed class SessionTable(int maximumDetached, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, MqttSession> _sessions = [];
    private readonly LinkedList<MqttSession> _detached = new();

    public int DetachedCount
    {
        get
        {
            lock (_lock)
            {
                return _detached.Count;
            }
        }
    }

    /// <summary>
    /// Makes <paramref name="claimant"/> the owner. The connection before it, if any, is the caller's to close and to wait
    /// for; then <see cref="TryHold"/>.
    /// </summary>
    public MqttSession Claim(SessionKey key, MqttConnection claimant, out MqttConnection? previous)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(key, out MqttSession? session))
            {
                session = new MqttSession(key);
                _sessions.Add(key, session);
            }

            if (session.Detached is { } place)
            {
                _detached.Remove(place);
                session.Detached = null;
            }

            previous = session.Owner ?? session.Holder;
            session.Owner = claimant;
            return session;
        }
    }

    /// <summary>
    /// Lets the owner use the session. False: another has claimed it since, or the connection before has not let go.
    /// </summary>
    public bool TryHold(MqttSession session, MqttConnection owner)
    {
        lock (_lock)
        {
            if (session.Owner != owner || session.Holder is not null)
            {
                return false;
            }

            if (session.IsKept && time.GetTimestamp() >= session.ExpiresAt)
            {
                session.Reset();
            }

            session.Holder = owner;
            return true;
        }
    }

    /// <summary>
    /// Ends what <paramref name="connection"/> has of the session: as its holder it keeps it for <paramref name="expiry"/>
    /// or ends it; as a mere claimant it leaves it as it was.
    /// </summary>
    public void Release(MqttSession session, MqttConnection connection, TimeSpan expiry)
    {
        lock (_lock)
        {
            if (session.Holder == connection)
            {
                session.Holder = null;
                Keep(session, expiry);
            }

            if (session.Owner == connection)
            {
                session.Owner = null;
            }

            if (session.Owner is null && session.Holder is null)
            {
                Detach(session);
            }
        }
    }

    /// <summary>Forgets detached sessions that have expired.</summary>
    public void Sweep()
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            for (LinkedListNode<MqttSession>? place = _detached.First; place is not null;)
            {
                LinkedListNode<MqttSession>? next = place.Next;
                if (now >= place.Value.ExpiresAt)
                {
                    Forget(place);
                }

                place = next;
            }
        }
    }

    private void Keep(MqttSession session, TimeSpan expiry)
    {
        if (expiry <= TimeSpan.Zero)
        {
            session.Reset();
            return;
        }

        session.IsKept = true;
        session.ExpiresAt = time.GetTimestamp() + (long)(expiry.TotalSeconds * time.TimestampFrequency);
    }

    private void Detach(MqttSession session)
    {
        if (!session.IsKept)
        {
            _sessions.Remove(session.Key);
            return;
        }

        session.Detached = _detached.AddLast(session);
        if (_detached.Count > maximumDetached)
        {
            Forget(_detached.First!);
        }
    }

    private void Forget(LinkedListNode<MqttSession> place)
    {
        _detached.Remove(place);
        _sessions.Remove(place.Value.Key);
    }
}
