//! A field of a structure, taken without turning the structure into anything else.

use std::marker::PhantomData;

use serde::Serialize;
use serde::ser::{self, Impossible, SerializeMap};

use crate::render::yaml::narrow::{Text, is_null, refuse};

/// What is done with the field.
pub trait Then {
    /// What comes of it.
    type Ok;
    /// Why nothing does.
    type Error: ser::Error;

    /// Does it.
    fn take<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Self::Error>;
}

/// Takes the field at a path. A structure without it is an error.
pub fn pick<T: Then>(view: &(impl Serialize + ?Sized), path: &[String], then: T) -> Result<T::Ok, T::Error> {
    view.serialize(Pick { path, then })
}

/// Serializes the field as it is.
pub struct Whole<S>(pub S);

impl<S: ser::Serializer> Then for Whole<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn take<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        value.serialize(self.0)
    }
}

/// Serializes the field as an entry of a mapping, or leaves it out where it is null.
pub struct Entry<'k, 'm, M> {
    /// The key of the entry.
    pub key: &'k str,
    /// The mapping.
    pub mapping: &'m mut M,
}

impl<M: SerializeMap> Then for Entry<'_, '_, M> {
    type Ok = ();
    type Error = M::Error;

    fn take<T: Serialize + ?Sized>(self, value: &T) -> Result<(), M::Error> {
        if is_null(value) { Ok(()) } else { self.mapping.serialize_entry(self.key, value) }
    }
}

/// The field as a text; `None` where it is none.
pub struct AsText<E>(pub PhantomData<E>);

impl<E: ser::Error> Then for AsText<E> {
    type Ok = Option<String>;
    type Error = E;

    fn take<T: Serialize + ?Sized>(self, value: &T) -> Result<Option<String>, E> {
        Ok(value.serialize(Text(str::to_owned)).ok())
    }
}

struct Pick<'p, T> {
    path: &'p [String],
    then: T,
}

impl<'p, T: Then> ser::Serializer for Pick<'p, T> {
    type Ok = T::Ok;
    type Error = T::Error;
    type SerializeSeq = Impossible<T::Ok, T::Error>;
    type SerializeTuple = Impossible<T::Ok, T::Error>;
    type SerializeTupleStruct = Impossible<T::Ok, T::Error>;
    type SerializeTupleVariant = Impossible<T::Ok, T::Error>;
    type SerializeMap = Impossible<T::Ok, T::Error>;
    type SerializeStruct = Fields<'p, T>;
    type SerializeStructVariant = Impossible<T::Ok, T::Error>;

    refuse! { scalars text null lists mappings }

    fn serialize_some<V: Serialize + ?Sized>(self, value: &V) -> Result<T::Ok, T::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &V,
    ) -> Result<T::Ok, T::Error> {
        value.serialize(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'p, T>, T::Error> {
        Ok(Fields { path: self.path, then: Some(self.then), found: None })
    }
}

/// The fields of a structure as they pass by.
struct Fields<'p, T: Then> {
    path: &'p [String],
    then: Option<T>,
    found: Option<T::Ok>,
}

impl<T: Then> ser::SerializeStruct for Fields<'_, T> {
    type Ok = T::Ok;
    type Error = T::Error;

    fn serialize_field<V: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &V,
    ) -> Result<(), T::Error> {
        let [first, rest @ ..] = self.path else { return Ok(()) };
        if first != key {
            return Ok(());
        }
        let Some(then) = self.then.take() else { return Ok(()) };
        self.found = Some(if rest.is_empty() { then.take(value)? } else { pick(value, rest, then)? });
        Ok(())
    }

    fn end(self) -> Result<T::Ok, T::Error> {
        self.found.ok_or_else(|| missing(self.path))
    }
}

fn missing<E: ser::Error>(path: &[String]) -> E {
    E::custom(format_args!("the view has no field `{}`", path.join(".")))
}
