namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Sessions by client identifier. A connection gives up a session only while it still owns it: removal compares the
/// connection, never the identifier alone. Thread-safe.
/// </summary>
internal sealed class SessionTable(int maximumDetached, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, MqttSession> _sessions = new(StringComparer.Ordinal);
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

    /// <summary>Makes <paramref name="claimant"/> the owner. The previous owner, if any, is the caller's to close and to wait for.</summary>
    public MqttSession Claim(string clientId, MqttConnection claimant, out MqttConnection? previous)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(clientId, out MqttSession? session))
            {
                session = new MqttSession(clientId);
                _sessions.Add(clientId, session);
            }

            if (session.Detached is { } place)
            {
                _detached.Remove(place);
                session.Detached = null;
                if (time.GetTimestamp() >= session.ExpiresAt)
                {
                    session.Reset();
                }
            }

            previous = session.Owner;
            session.Owner = claimant;
            return session;
        }
    }

    /// <summary>Ends the ownership of <paramref name="owner"/>, keeping the session for <paramref name="expiry"/>.</summary>
    public void Release(MqttSession session, MqttConnection owner, TimeSpan expiry)
    {
        lock (_lock)
        {
            if (session.Owner != owner)
            {
                LeaveToSuccessor(session, expiry);
                return;
            }

            session.Owner = null;
            if (expiry <= TimeSpan.Zero)
            {
                _sessions.Remove(session.ClientId);
                return;
            }

            session.IsKept = true;
            session.ExpiresAt = time.GetTimestamp() + (long)(expiry.TotalSeconds * time.TimestampFrequency);
            session.Detached = _detached.AddLast(session);
            if (_detached.Count > maximumDetached)
            {
                Forget(_detached.First!);
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

    private static void LeaveToSuccessor(MqttSession session, TimeSpan expiry)
    {
        if (expiry > TimeSpan.Zero)
        {
            session.IsKept = true;
        }
        else
        {
            session.Reset();
        }
    }

    private void Forget(LinkedListNode<MqttSession> place)
    {
        _detached.Remove(place);
        _sessions.Remove(place.Value.ClientId);
    }
}
